"""A graph that returns what it is given: creating a thread needs none, starting the server does."""

from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict):
    """What the graph keeps."""

    text: str


def echo(state: State) -> State:
    """Return the state as it is."""
    return state


_builder = StateGraph(State)
_builder.add_node("echo", echo)
_builder.add_edge(START, "echo")
_builder.add_edge("echo", END)
graph = _builder.compile()
