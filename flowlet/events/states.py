"""How a delivery moves."""

from flowlet.events.choices import DeliveryStatus

MOVES = {
    DeliveryStatus.PENDING: {DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.DEAD},
    DeliveryStatus.DEAD: {DeliveryStatus.PENDING},
    DeliveryStatus.DELIVERED: {DeliveryStatus.PENDING},
}
