"""Files of datasets: their names and folders, writing them whole, publishing and reading them."""
