"""The commands by what they are about. A file is loaded when one of its commands is asked for."""
