"""Telling a channel something through `apprise`: chats, mail and many more, each by its address, which is a secret."""

from prescient_dagster.domain.errors import InvalidInput, NotDelivered

MISSING = "PRESCIENT_NOTICES needs apprise: pip install 'prescient[notices]'"
NEXT = "what there is to tell is told with the next tick; see PRESCIENT_NOTICES"


def deliver(address: str, title: str, body: str) -> None:
    """Send a message as plain text.

    Raises:
        InvalidInput: apprise is not installed, or knows no such address.
        NotDelivered: it did not arrive.
    """
    try:
        import apprise  # with all that it knows it takes a second to load
    except ImportError:
        raise InvalidInput(MISSING) from None
    sender = apprise.Apprise()
    kind = address.partition(":")[0]
    if not sender.add(address):
        raise InvalidInput(f"PRESCIENT_NOTICES: apprise cannot read an address that begins with {kind}://")
    if not sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        raise NotDelivered(f"the channel {kind}:// has not taken the message: {NEXT}")
