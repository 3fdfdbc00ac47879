@kubectl-echoblogs.exe __complete %*
