"""Audits every built template, as plain values, for access that is too wide and for what AWS would refuse."""
