"""What can be decided about a dossier, one module a decision: each takes it, and leaves what follows in its changes.

`opening` a plan, its `confirmation`, `offers` to the next receiver, the `steps` of a referral, their `visibility`.
"""
