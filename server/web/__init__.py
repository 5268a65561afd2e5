"""What every route shares: problems (RFC 9457), validation, uploads, fetching an address, the page.

No subject of its own: nothing here knows models, data sets or people.
"""
