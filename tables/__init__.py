"""The tables of the metadata database by what they are about; `models.py` gathers them."""
