"""What is written of the results: blocks of documents, and the plot."""
