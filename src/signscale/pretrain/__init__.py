"""The stage pretrain: masked pose modelling and sign-text contrast under DeepSpeed."""
