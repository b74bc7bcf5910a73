"""What other systems are told: outbound webhooks."""
