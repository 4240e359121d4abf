"""What a Database Agent hands over: its document, the parsers that make one, and the tool."""
