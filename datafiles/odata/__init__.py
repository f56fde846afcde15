"""OData 4 over datasets: names, types, conditions and rows; HTTP is not known here."""
