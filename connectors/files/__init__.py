"""Files and folders under the roots."""
