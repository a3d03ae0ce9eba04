"""How rows become files and files become rows again, one module a format; no folder, no checkpoint and no service may enter."""
