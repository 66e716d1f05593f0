print("keyclave")
