"""The live page: HTML, CSS and JavaScript modules as a browser takes them, with nothing to build. See `main.js`."""
