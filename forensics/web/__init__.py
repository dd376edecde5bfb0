"""What collectors of online sources share: exchanges, their archive formats, a plain HTTP client, a browser's wire."""
