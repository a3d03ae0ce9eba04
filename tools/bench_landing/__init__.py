"""`make bench-landing`: landing a large result, beside the naive way and the raw limit, as ratios within one run.

Nothing of the provider is imported here but in `package.py`.
"""
