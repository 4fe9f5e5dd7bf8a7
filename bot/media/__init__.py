"""Results brought here safely, and fitted under the limits of Discord."""
