#!/bin/sh
# Takes out of installed libraries what a service does not use: their tests, what compilers read, symbols for debuggers.
#   sh slim.sh SITE-PACKAGES
set -eu
site=$1

find "$site" -name __pycache__ -prune -exec rm -rf {} +
find "$site" -type d \( -name tests -o -path '*/onnx/backend/test' \) -prune -exec rm -rf {} +
find "$site" -type f \( -name '*.pxd' -o -name '*.pyx' -o -name '*.c' -o -name '*.h' \
    -o -name '*.cpp' -o -name '*.hpp' -o -name '*.a' \) -delete
# Its own stubs are read by scikit-image alone.
find "$site" -name '*.pyi' -not -path '*/skimage/*' -delete
# Its pictures for examples; the golden one is what every model is tried with.
find "$site/skimage/data" -type f ! -name '*.py' ! -name '*.pyi' ! -name '*.xml' ! -name astronaut.png -delete
rm -rf "$site"/setuptools "$site"/setuptools-* "$site"/pkg_resources "$site"/_distutils_hack "$site"/distutils-precedence.pth
# onnxruntime for programs in C; Python has its own copy.
rm -f "$site"/onnxruntime/capi/libonnxruntime.so.*

if ! command -v strip >/dev/null && command -v apt-get >/dev/null; then
    { apt-get -q update && apt-get -q -y install --no-install-recommends binutils; } >/dev/null || true
fi
if command -v strip >/dev/null; then
    # Not the libraries that wheels bring along: they have been rewritten in a way that strip does not understand.
    find "$site" -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded {} +
fi
