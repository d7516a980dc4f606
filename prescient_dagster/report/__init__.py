"""The tear sheet: what is known of portfolios as one page of HTML. Values in, text out; nothing is read or written."""
