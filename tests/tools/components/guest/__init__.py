"""Programs that run beside a generated backend, inside its machine."""
