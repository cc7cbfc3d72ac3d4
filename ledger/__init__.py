"""The workroom: what the project exists for, pure except `commit`, `read` and `store`.

Glossary, one meaning a word, the same in SQL, Python, GraphQL and prose:

* ecosystem: the tenant; one outsourcer, any number of partners and observers; one ledger each.
* party: a member of an ecosystem. An actor is a person or system acting for a party in a role.
* proposal: content that asks for consents; when its rule is met it is agreed and binds.
* consent, objection: what one party answers to one proposal.
* indicator version: every term of a joint performance indicator (JPI), agreed.
* part: what one co-owner reports for one period. Measurement: the value that follows from parts.
* margin: the 95 % interval of a value. Contribution: a party's part of it; they add up.
* exclusion: a window left out by consent. Restatement: a measurement in an agreed one's place.
* scheme: incentive terms as data. Settlement: a period's result under a scheme, a stake each.
* posting: one line of double entry. Payment: reported by the payer, cleared by the payee.
* entry: one leaf of the ledger (envelope, body, sometimes annex). Opening: (salt, body).
* checkpoint: a signed statement of the ledger's size and root. Receipt: where a write landed.
"""
