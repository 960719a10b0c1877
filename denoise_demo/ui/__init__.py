"""The page: views, controls and panels in Gradio, and the JavaScript behind them.

One `View` (view.py) holds what is shown; page.py applies it and answers the page's script. Panels
of the laboratory lie in panels/, the page's tabs in tabs/, what they share in web/. A view of the
laboratory is a folder in panels/ and an entry of VIEWS (views.py). May import every other room;
only this room and app.py import gradio.
"""
