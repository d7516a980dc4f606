"""What materializations tell: metadata, tables and pictures, made of results that others have worked out.

Words and rows that the command line shows too stand in `usecases/shown`.
"""
