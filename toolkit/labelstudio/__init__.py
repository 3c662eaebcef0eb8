"""Label Studio: the embedded server, the client, conversion; alone imports its SDK."""
