"""A batch of publishes as one write: the frames of all its messages marshalled together, then their confirms awaited.

`Channel.basic_publish` of aiormq costs a lock, two futures, a task and a queue entry a message, three times what the
frames cost (docs/performance.md). This puts the same frames on the same channel, and leaves the reading of confirms and
returns to the driver.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from aiormq.abc import ChannelFrame, FrameType
from aiormq.channel import Channel
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from unavez_shared.messaging.bus import Message

Answer = asyncio.Future[FrameType]
"""`Basic.Ack` when the broker has it on disk. Raises aiormq's `PublishError` for what came back unroutable and
`DeliveryError` for what the broker refused; never done when the channel closed first."""


async def publish_batch(channel: Channel, exchange: str, copies: Sequence[tuple[Message, str]]) -> Sequence[Answer]:
    """Write every message under its routing key, persistent and mandatory, in order; return one future for each.

    Raises what aiormq raises for a channel that is closed; then nothing was written.
    """
    async with channel.lock:
        frames: list[Frame | ContentHeader | ContentBody] = []
        answers: list[Answer] = []
        for message, routing_key in copies:
            frames.extend(_frames(message, exchange, routing_key, channel.max_content_size))
            answers.append(_expect_answer(channel, message.message_id))
        await channel.write_queue.put(ChannelFrame.marshall(channel.number, frames))
    return answers


def forget(channel: Channel, copies: Sequence[tuple[Message, str]]) -> None:
    """Let the driver forget whose copies may still come back; call it when nobody waits for them any more."""
    for message, _ in copies:
        channel.message_id_delivery_tag.pop(message.message_id, None)


def _expect_answer(channel: Channel, message_id: str) -> Answer:
    channel.delivery_tag += 1
    # Not the driver's own kind of future, which costs two entries in its lists: whoever waits watches the channel too.
    answer: Answer = channel.loop.create_future()
    channel.confirmations[channel.delivery_tag] = answer
    # What comes back names its message, not its tag: of several copies the last one stands for all.
    channel.message_id_delivery_tag[message_id] = channel.delivery_tag
    return answer


def _frames(
    message: Message, exchange: str, routing_key: str, content_size: int
) -> Iterator[Frame | ContentHeader | ContentBody]:
    yield Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    properties = Basic.Properties(
        content_type="application/cloudevents+json", delivery_mode=2, message_id=message.message_id
    )
    yield ContentHeader(properties=properties, body_size=len(message.body))
    for begin in range(0, len(message.body), content_size):
        yield ContentBody(message.body[begin : begin + content_size])
