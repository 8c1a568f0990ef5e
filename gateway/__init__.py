"""The house: it knows bookings and calendars, and neither Flask nor Radicale.

Three questions find any line:
  what is true?      gateway.core      pure values and decisions
  where is it kept?  gateway.db        the only room with SQL
  who does it?       gateway.services  one verb each
Everything else is a door (`radicale_plugin`, `bridge`) or the wiring between them.
"""
