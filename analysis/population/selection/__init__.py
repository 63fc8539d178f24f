"""One smooth population seen through the detection methods."""
