"""Laws that every built template keeps, read from the template as plain values."""
