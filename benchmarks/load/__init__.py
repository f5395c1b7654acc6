"""Load: a thousand live sessions on one machine, with workers that sleep as long as real ones work."""
