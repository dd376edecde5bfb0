"""Exports of chats, and bills, read into rows: one module for each format."""
