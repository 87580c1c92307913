// A native package whose installer did not run.
throw new Error('Could not locate the bindings file. Tried:\n /somewhere/build/addon.node');
