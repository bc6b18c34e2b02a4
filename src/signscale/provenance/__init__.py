"""What every result was made from, and which steps are out of date."""
