"""An agent that is never asked anything: creating a session needs one by name."""

from google.adk.agents import Agent

root_agent = Agent(name="helper", model="gemini-2.5-flash", instruction="Help.")
