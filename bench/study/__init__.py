"""Human studies: drawing what people are asked, showing it fairly, counting their answers."""
