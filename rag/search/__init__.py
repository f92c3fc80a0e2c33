"""Plan → Hits: both indexes asked, one order made of what they find, each passage shown with the sentences around it."""
