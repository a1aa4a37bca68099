"""The places of the app, one module and one .tcss each; `registry.py` lists them."""
