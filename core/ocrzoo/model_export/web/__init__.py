"""``ocrzoo export --for web``: a static page that reads pictures in the browser, with the pipeline's rules.

The page is made of ``site``: TypeScript, a style on :mod:`ocrzoo.theme`, and the npm packages that its ``package.json``
pins. :mod:`.toolchain` fetches and bundles them, :mod:`.settings` writes what the page needs to know of the models, and
:mod:`.layout` puts the folder together.
"""
