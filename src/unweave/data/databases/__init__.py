"""The paper's three databases: from the folder that their owners give out to labelled images."""
