"""`python -m denoise_demo.benchmark`."""

from denoise_demo.benchmark.suite import main

if __name__ == "__main__":
    raise SystemExit(main())
