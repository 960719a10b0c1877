"""What the articles drew, and charts; matplotlib lives here only."""
