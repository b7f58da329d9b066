"""Where events go beside a file: to brokers and servers, in order, whatever the network does."""
