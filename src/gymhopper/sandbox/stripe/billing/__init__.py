"""What happens to money: charges, invoices, renewals, retries."""
