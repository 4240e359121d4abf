"""Security checks for any FastAPI app: rules over its source, and probes against it running."""
