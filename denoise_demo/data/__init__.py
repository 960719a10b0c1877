"""MNIST, faces, built-in pictures, uploads, and the domains they belong to."""
