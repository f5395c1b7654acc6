"""What the speech network and the sentiment network compute with: matrices, in 8 bits where the processor can.

Both workers use this package, and it imports neither of them. It is apart from `wta` because it needs torch.
"""
