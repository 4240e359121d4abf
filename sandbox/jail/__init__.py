"""The parts of the bubblewrap sandbox: a machine made of namespaces, without an engine."""
