#!/no/such/sh
