"""What each weight file is and how it was trained."""
