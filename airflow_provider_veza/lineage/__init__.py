"""What OpenLineage is told of a task: read from its arguments, its XCom and its manifest; nobody is asked, no rows are read."""
