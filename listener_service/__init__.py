"""The listener: writes every result once into `result_listener.log` and on the console, with statistics."""
